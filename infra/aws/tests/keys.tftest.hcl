# Keys and shared secrets.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  name                 = "tidemark-test"
  recovery_window_days = 30
}

run "people_and_disks_have_keys_of_their_own" {
  module {
    source = "./modules/keys"
  }

  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_key.people.enable_key_rotation
    error_message = "Both rotate."
  }

  assert {
    condition     = toset(keys(output.shared_secret_arns)) == toset(["edge", "app", "operator"])
    error_message = "By whom it proves."
  }

  assert {
    condition     = alltrue([for each in aws_secretsmanager_secret.shared : each.recovery_window_in_days == 30])
    error_message = "A deleted secret can be had back."
  }
}
