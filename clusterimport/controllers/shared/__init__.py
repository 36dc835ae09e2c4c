"""What the reconcilers share: how imports stand, what was written, refused or is a candidate."""
