"""What stands below the application: its own PostgreSQL, and the processes around it."""
