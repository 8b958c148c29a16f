"""How a CSV file is written: where its table begins, what its columns and its times are."""
