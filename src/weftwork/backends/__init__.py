"""Where attempts execute. Siblings never meet."""
