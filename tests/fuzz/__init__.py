"""Everything that can be sent to the services: whatever comes, the answer is never a 5xx.

`contract` lets Schemathesis follow the OpenAPI documents; `work` sends what no document describes.
"""
