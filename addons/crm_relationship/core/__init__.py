"""Rules in plain Python, without Odoo: importable and testable on their own."""
