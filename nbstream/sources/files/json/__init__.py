"""Files of JSON, a reading a line."""
