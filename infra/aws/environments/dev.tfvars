environment = "dev"
region      = "eu-central-1"
domain      = "dev.bank.example.com"
zone_id     = "Z0000000000000000000"
alarm_email = "bank-dev@example.com"
budget_usd  = 500
image_tag   = "0.2.0"

network = {
  cidr         = "10.20.0.0/16"
  zones        = ["a", "b"]
  is_redundant = false
}

database = {
  engine_version        = "18"
  instance_count        = 1
  capacity_min_acu      = 0.5
  capacity_max_acu      = 8
  connections_max       = 300
  backup_retention_days = 7
  is_protected          = false
}

services = {
  users    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
  accounts = { memory_mb = 1024, warm_min = 1, warm_max = 10, instances_max = 80 }
  stats    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
  events   = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
}

throttle = {
  rate  = 200
  burst = 400
}

pipeline = {
  cpu       = 2048
  memory_mb = 8192
}

app = {
  cpu       = 512
  memory_mb = 2048
  count_min = 1
  count_max = 2
}

log_retention_days = 30
