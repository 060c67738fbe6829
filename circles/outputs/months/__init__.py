"""``months.html`` and the folder it is made from: runs by date, taken apart by cause."""
