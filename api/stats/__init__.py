"""Published statistics: by day, week and month, what they mean, and what lies behind them."""
