"""Real servers that sources talk to, each started by the test that needs it and stopped again."""
