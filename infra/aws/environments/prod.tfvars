environment = "prod"
region      = "eu-central-1"
domain      = "bank.example.com"
zone_id     = "Z0000000000000000000"
alarm_email = "bank@example.com"
budget_usd  = 3000
image_tag   = "0.2.0"

network = {
  cidr         = "10.30.0.0/16"
  zones        = ["a", "b", "c"]
  is_redundant = true
}

database = {
  engine_version        = "18"
  instance_count        = 2
  capacity_min_acu      = 2
  capacity_max_acu      = 64
  connections_max       = 1000
  backup_retention_days = 35
  is_protected          = true
}

services = {
  users    = { memory_mb = 1769, warm_min = 2, warm_max = 50, instances_max = 120 }
  accounts = { memory_mb = 1769, warm_min = 2, warm_max = 150, instances_max = 380 }
  stats    = { memory_mb = 1769, warm_min = 2, warm_max = 50, instances_max = 120 }
  events   = { memory_mb = 1769, warm_min = 2, warm_max = 50, instances_max = 80 }
}

throttle = {
  rate  = 2000
  burst = 4000
}

pipeline = {
  cpu       = 4096
  memory_mb = 16384
}

app = {
  cpu       = 1024
  memory_mb = 4096
  count_min = 2
  count_max = 10
}

log_retention_days = 400
