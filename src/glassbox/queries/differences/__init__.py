"""Where our book and METRC's word differ, and everything on record that may explain it."""
