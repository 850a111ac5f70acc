"""What somebody may do to a ledger behind the back of its triggers, and how `verify` tells of it.

`{0}` and `{1}` are accounts, `{first}` and `{second}` the conditions that choose their entries.
"""

CHAIN = "update accounts.transaction set"
HEAD = "update accounts.account set"
TAMPERINGS = [
    (
        CHAIN + " balance_after = 71 where {first} and sequence = 2",
        "account {0}, sequence 2",
    ),
    (CHAIN + " amount = 99 where {first} and sequence = 1", "account {0}, sequence 1"),
    (CHAIN + " sequence = 3 where {second} and sequence = 2", "account {1}, sequence 3"),
    ("delete from accounts.transaction where {second} and sequence = 1", "account {1}, sequence 2"),
    (CHAIN + " at = at - interval '1 hour' where {first} and sequence = 2", "account {0}"),
    (HEAD + " total = total + 1 where id = '{1}'", "account {1}: its total is 81 after 2"),
    ("delete from accounts.transaction where {second} and sequence = 2", "account {1}: its total is 80 after 2"),
    (
        HEAD + " last_at = last_at + interval '1 second' where id = '{0}'",
        "account {0}: it moved",
    ),
    ("update accounts.transfer set amount = 31 where source = '{0}'", "differs from it"),
    (CHAIN + " counterparty = 'external:x' where {first} and sequence = 2", "transfer "),
    ("delete from accounts.transfer where source = '{0}'", "account {0}, sequence 2: it is not a side"),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " values ('transfer', '{0}', '{1}', 5, 'EUR', now())",
        "account {0} has no entry for it",
    ),
    (HEAD + " overdraft_limit = -90 where id = '{1}'", "account {1}: it is overdrawn"),
    (HEAD + " closed_at = clock_timestamp() where id = '{1}'", "account {1}: it is closed but not empty"),
    (HEAD + " opened_at = clock_timestamp() where id = '{0}'", "account {0}: it has an entry from before"),
    (HEAD + " number = '1000000010' where id = '{0}'", "account {0}: its number is not valid"),
    (HEAD + " currency = 'USD' where id = '{1}'", "differs from it"),
    (HEAD + " spent = 0 where id = '{0}'", "account {0}: it counts 0 as spent"),
    (HEAD + " spent_on = spent_on - 1, spent = 29 where id = '{0}'", "account {0}: it counts 29 as spent"),
    ("update accounts.transfer set source = upper(source) where source = '{0}'", "cannot be"),
    ("update accounts.transfer set source = 'nobody' where source = '{0}'", "cannot be"),
    (
        "update accounts.transfer set memo = repeat('x', 501) where source = '{0}'",
        "cannot be",
    ),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at, reverses)"
        " select 'reversal', destination, source, 29, 'EUR', now(), id"
        " from accounts.transfer where source = '{0}'",
        "it does not reverse the transfer that it names",
    ),
    ("delete from accounts.user_account", "account {0}: it holds 70 EUR, and none of its owners is a user"),
    ("delete from users.user", "account {0}: it holds 70 EUR, and none of its owners is a user"),
    ("alter table accounts.transfer disable trigger transfer_append_only", "transfer_append_only is missing"),
    ("drop trigger account_kept on accounts.account", "account_kept is missing"),
    ("drop index accounts.transfer_reversed_once", "transfer_reversed_once is missing"),
    ("alter table accounts.account drop constraint account_not_overdrawn", "account_not_overdrawn is missing"),
    ("alter role accounts_ledger login", "role accounts_ledger: it can sign in"),
    (
        "alter function accounts.lock_user owner to accounts_ledger",
        "it may not run as accounts_ledger",
    ),
]
# Every entry, head and total adds up, but the transfer is entered twice.
ENTERED_TWICE = """
    update accounts.account set total = total - 30, last_sequence = 3, spent = 60 where id = '{0}';
    update accounts.account set total = total + 30, last_sequence = 3 where id = '{1}';
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select transfer_id, account_id, counterparty, amount, balance_after + amount, 3, at
    from accounts.transaction where sequence = 2
"""


# Nothing in them is wrong by itself. {0} paid 30 to {1}, which had 50 from outside.
REWRITINGS = [
    (
        "update accounts.transfer set amount = 51, at = at - interval '1 day' where destination = '{1}'"
        " and kind = 'deposit';"
        " update accounts.account set total = total + 1, opened_at = opened_at - interval '1 week';"
        " update accounts.transaction set amount = 51, at = at - interval '1 day' where account_id = '{1}'"
        " and sequence = 1;"
        " update accounts.transaction set balance_after = balance_after + 1 where account_id = '{1}';"
        " update accounts.account set total = total - 1 where id = '{0}'",
        "account {1}, sequence 1: its amount is 51, the warehouse's copy says 50",
    ),
    (
        "update accounts.transfer set source = 'external:wire' where destination = '{1}' and kind = 'deposit';"
        " update accounts.transaction set counterparty = 'external:wire'"
        " where account_id = '{1}' and sequence = 1",
        "account {1}, sequence 1: its counterparty is external:wire, the warehouse's copy says external:cash",
    ),
    (
        "delete from accounts.transfer where kind = 'transfer';"
        " delete from accounts.transaction where sequence = 2;"
        " update accounts.account a set total = e.balance_after, last_sequence = 1, last_at = e.at, spent = 0"
        " from accounts.transaction e where e.account_id = a.id",
        "account {0}, sequence 2: it is gone; the warehouse's copy has it",
    ),
    (
        "delete from accounts.transfer where kind = 'transfer' or destination = '{0}';"
        " delete from accounts.transaction where sequence = 2 or account_id = '{0}';"
        " delete from accounts.account where id = '{0}';"
        " update accounts.account a set total = e.balance_after, last_sequence = 1, last_at = e.at"
        " from accounts.transaction e where e.account_id = a.id",
        "account {0}, sequence 1: it is gone; the warehouse's copy has it",
    ),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " select 'deposit', 'external:cash', '{1}', 7, 'EUR', last_at from accounts.account where id = '{1}';"
        " insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after,"
        " sequence, at, xid)"
        " select t.id, '{1}', source, 7, 87, 3, t.at, e.xid from accounts.transfer t, accounts.transaction e"
        " where t.amount = 7 and e.account_id = '{1}' and e.sequence = 2;"
        " update accounts.account set total = 87, last_sequence = 3 where id = '{1}'",
        "account {1}, sequence 3: the warehouse's copy should have it, and does not",
    ),
    (
        "update accounts.account set type = 'savings', xid = pg_current_xact_id() where id = '{0}'",
        "account {0}: its type is savings, the warehouse's copy says checking",
    ),
    (
        "update accounts.account set xid = '9000000000', opened_at = opened_at - interval '1 day'"
        " where id = '{0}'",
        "account {0}: its opened_at is ",
    ),
    (
        "update accounts.account set approved = false where id = '{1}'",
        "account {1}: its approved is f, the warehouse's copy says t",
    ),
    (
        "insert into accounts.account (number, type, currency, xid) select '1000000018', 'checking', 'EUR', xid"
        " from accounts.account limit 1",
        "the warehouse's copy should have it, and does not",
    ),
]
