# What the tests of most modules are told.

bank = {
  name                 = "tidemark-test"
  region               = "eu-central-1"
  data_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/data"
  log_retention_days   = 30
  is_protected         = true
  recovery_window_days = 30
}

network = {
  vpc_id             = "vpc-1"
  private_subnet_ids = ["subnet-1", "subnet-2"]
  public_subnet_ids  = ["subnet-3", "subnet-4"]
  security_group_ids = {
    services         = "sg-services"
    proxy            = "sg-proxy"
    database         = "sg-database"
    dagster          = "sg-dagster"
    dagster_balancer = "sg-dagster_balancer"
    app              = "sg-app"
    app_balancer     = "sg-app_balancer"
    kickoff          = "sg-kickoff"
    rotation         = "sg-rotation"
    endpoints        = "sg-endpoints"
  }
}
