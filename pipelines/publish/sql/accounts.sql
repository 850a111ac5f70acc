-- The accounts that statistics exist for.
-- name: incoming
create temporary table incoming (
    account_id uuid, type text, currency text, opened_at timestamptz, closed_at timestamptz
) on commit drop

-- name: read
select account_id, type, currency, opened_at, closed_at from {mart} where batch_id > {since}

-- name: merge
insert into stats.account as a (account_id, type, currency, opened_at, closed_at, publication_id)
select account_id, type, currency, opened_at, closed_at, {publication_id} from incoming
on conflict (account_id) do update set
    type = excluded.type,
    currency = excluded.currency,
    opened_at = excluded.opened_at,
    closed_at = excluded.closed_at,
    publication_id = excluded.publication_id
where (a.type, a.currency, a.opened_at, a.closed_at)
    is distinct from (excluded.type, excluded.currency, excluded.opened_at, excluded.closed_at)

-- name: remove
delete from stats.account as a
where not exists (select from incoming as i where i.account_id = a.account_id)
