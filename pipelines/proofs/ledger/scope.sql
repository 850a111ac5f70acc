-- The accounts that the new batches touched, and the first new sequence number of each. The row before it was
-- proven with an earlier publication: it stands for the account's past.
create temporary table touched_account as
with moved as (
    select account_id, min(sequence) as first_sequence
    from raw.transaction
    where batch_id > %(since)s and batch_id <= %(batch_id)s
    group by account_id
),

changed as (
    select id as account_id, last_sequence
    from raw.account
    where batch_id > %(since)s
)

select
    account_id,
    coalesce(moved.first_sequence, changed.last_sequence + 1) as first_sequence
from moved
full join changed using (account_id);
analyze touched_account
