"""The demo world: six weeks of a brand's life, lived by METRC's own laws."""
