"""The asyncio shell: carries out the core's commands and turns what happens into events."""
