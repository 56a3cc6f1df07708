"""Sales: receipts, deliveries, and the vehicle that sells from its load."""
