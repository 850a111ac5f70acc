-- What other services may see, and what each role may do.

create view accounts.account_access as
select user_id, account_id from accounts.user_account;

create view accounts.statement as
select
    t.id,
    t.transfer_id,
    t.account_id,
    m.source as "from",
    m.destination as "to",
    t.counterparty,
    t.amount,
    t.balance_after,
    t.sequence,
    t.at,
    m.memo
from accounts.transaction t
join accounts.transfer m on m.id = t.transfer_id;

grant usage on schema accounts to accounts_app, stats_app, extractor;

grant select on accounts.account, accounts.user_account, accounts.transfer, accounts.transaction,
    accounts.account_access, accounts.statement to accounts_app;

grant select on accounts.account_access, accounts.statement to stats_app;

-- No memo: that lies in transfer.
grant select on accounts.account, accounts.transaction to extractor;
grant select, insert, delete on accounts.extract_receipt to extractor;

grant execute on function accounts.post, accounts.reverse, accounts.open_account, accounts.lock_user,
    accounts.close_account, accounts.close_accounts_of, accounts.approve_account, accounts.approve_accounts_of,
    accounts.add_owner, accounts.remove_owner, accounts.entries_before, accounts.balance_at to accounts_app;

-- Nobody can sign in as this role. It has the two functions that write a movement's rows by themselves; for whoever
-- else writes, the tables' triggers do or refuse it.
grant usage, create on schema accounts to accounts_ledger;
alter function accounts.post_one owner to accounts_ledger;
alter function accounts.post_many owner to accounts_ledger;
revoke create on schema accounts from accounts_ledger;
grant select, update on accounts.account to accounts_ledger;
grant select on accounts.user_account to accounts_ledger;
grant insert on accounts.transfer, accounts.transaction to accounts_ledger;
grant execute on function accounts.resolve, accounts.resolve_all, accounts.id_of, accounts.is_account,
    accounts.is_side, accounts.require_sides, accounts.kind_of, accounts.lock_all, accounts.refusal,
    accounts.judge_all, accounts.refused, accounts.posted, accounts.refuse_transfer to accounts_ledger;
