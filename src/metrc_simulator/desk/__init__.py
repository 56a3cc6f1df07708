"""The desk: what METRC lets only people do, and the levers that tests need."""
