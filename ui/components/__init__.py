"""What several pages share: money and times in words, cards, charts, the sign-in, friendly refusals."""
