# A backfill reads and rebuilds whole days while the bank goes on: it has a task of its own, as large as Dagster's, which
# Dagster's daemon starts (pipelines/run_launcher.py).

locals {
  backfills = {
    TIDEMARK_BACKFILL_CLUSTER        = aws_ecs_cluster.this.arn
    TIDEMARK_BACKFILL_TASK           = module.backfill.family
    TIDEMARK_BACKFILL_SUBNETS        = join(",", var.network.private_subnet_ids)
    TIDEMARK_BACKFILL_SECURITY_GROUP = var.network.security_group_ids.dagster
  }
}

module "backfill" {
  source  = "../task"
  bank    = var.bank
  name    = "backfill"
  image   = var.image
  size    = var.size
  folders = local.folders

  # The launcher says which run.
  containers = [
    local.passwords,
    {
      name           = "run"
      command        = ["run"]
      environment    = merge(local.common, { TIDEMARK_CLOSE_SCHEDULES = "false" })
      waits_for      = ["passwords"]
      stop_timeout_s = 120
    },
  ]
}

resource "aws_iam_role_policy" "backfill" {
  name   = "work"
  role   = module.backfill.role_id
  policy = data.aws_iam_policy_document.passwords.json
}

# Dagster starts these tasks, looks after them, ends them, and reads why one failed.
data "aws_iam_policy_document" "backfills" {
  statement {
    sid       = "Start"
    actions   = ["ecs:RunTask"]
    resources = [module.backfill.family_arn]
  }

  statement {
    sid       = "StartAs"
    actions   = ["iam:PassRole"]
    resources = module.backfill.role_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "LookAfter"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask", "ecs:TagResource"]
    resources = ["${replace(aws_ecs_cluster.this.arn, ":cluster/", ":task/")}/*"]
  }

  statement {
    sid       = "Definition"
    actions   = ["ecs:DescribeTaskDefinition"]
    resources = ["*"]
  }

  statement {
    sid       = "Why"
    actions   = ["logs:GetLogEvents"]
    resources = ["${module.backfill.log_group_arn}:*"]
  }
}
