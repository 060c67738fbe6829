"""The plan's papers: forms, dashboard, workbook and briefs."""
