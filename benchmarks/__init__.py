"""Speed: `make bench` prints the tables. These are measurements, not tests."""
