"""`verify`: everything in the ledger is recomputed, then compared with the copy that the warehouse keeps."""
