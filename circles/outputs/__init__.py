"""What people and programs get: tables, map, workbook, brief, dashboard, written as a whole or not at all."""
