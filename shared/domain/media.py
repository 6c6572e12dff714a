"""What bodies are made of: content types by name, and how large a table may come."""

JSON = "application/json"
PROBLEM = "application/problem+json"
MULTIPART = "multipart/form-data"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
SVG = "image/svg+xml"
PNG = "image/png"

TABLE_MAX_BYTES = 32 * 1024 * 1024
