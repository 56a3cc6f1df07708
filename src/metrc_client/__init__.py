"""A client of METRC's Web API v2: reads that are paged, windowed and retried; writes sent once."""
