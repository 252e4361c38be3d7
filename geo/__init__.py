"""The domain: complaints, cells, filters, counts. Knows no HTTP, no environment, no clock."""
