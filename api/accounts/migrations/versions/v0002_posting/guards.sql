-- The guards let accounts_ledger pass as before. Postgres reads a trigger's condition anew for every statement, byte
-- by byte of its constants: a text is read faster than a name of 64 bytes, a function's own question fastest.

drop trigger account_version on accounts.account;
create trigger account_version before update on accounts.account
    for each row when (current_user <> 'accounts_ledger'::text)
    execute function accounts.guard_account_version();

drop trigger transfer_entries on accounts.transfer;
create trigger transfer_entries after insert on accounts.transfer
    referencing new table as added
    for each statement when (current_user <> 'accounts_ledger'::text) execute function accounts.enter_all();

create or replace function accounts.guard_entries() returns trigger
language plpgsql as $$
begin
    if current_user <> 'accounts_ledger' and pg_trigger_depth() < 2 then
        raise exception 'entries follow from a transfer: insert that'
            using errcode = 'restrict_violation', constraint = 'transaction_follows_from_transfer';
    end if;
    return null;
end
$$;
drop trigger transaction_entries on accounts.transaction;
create trigger transaction_entries before insert on accounts.transaction
    for each statement execute function accounts.guard_entries();
