"""The live engine as a user sees it."""
