"""Triggers, one blueprint per noun: parse, call one action, respond."""
