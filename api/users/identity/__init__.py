"""The government photo and the review of it by staff."""
