"""Alerts: tell an operator when a run failed for good or the statistics grow stale.

An alert is first noted in pipeline.alert, where /stats/status shows it, and then sent over each channel that is
set. What a channel did not take is sent again by the next tick; what stays wrong is sent again each hour. An alert
names runs, steps and checks: no account, no amount, no error text, and so nothing about a person and no secret.
"""
