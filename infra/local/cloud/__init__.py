"""`tidemark up --cloud`: the services as Lambda archives behind an emulated API Gateway, on this machine.

ministack is the emulator. It has an environment of its own below the state folder, for it needs another botocore,
and listens on a Unix socket in a closed folder, for it answers whoever reaches it.
"""
