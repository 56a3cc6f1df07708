"""Real processes, sockets and PostgreSQL, killed and disturbed: crash points by faults by kinds."""
