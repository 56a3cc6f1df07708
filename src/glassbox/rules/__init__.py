"""What the law, METRC and the house demand, as pure functions over facts."""
