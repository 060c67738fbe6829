"""What people and programs get: tables, map, workbook, brief, dashboard, written atomically."""
