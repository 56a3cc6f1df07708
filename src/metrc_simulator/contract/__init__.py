"""METRC's documented operations as data, and what is made from them."""
