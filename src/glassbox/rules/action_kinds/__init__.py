"""What each kind of regulated action is, sends, changes, and how its effect is recognised."""
