-- The sides of a movement: an account, by its id or its number, or a party outside the bank, `external:<name>`.
-- What kind a movement is follows from its sides.

create or replace function accounts.is_account(p_side text) returns boolean
language sql immutable parallel safe
return not starts_with(p_side, 'external:');

-- An account's id, as Postgres writes it and in no other way, or an outside party.
create or replace function accounts.is_side(p_side text) returns boolean
language sql immutable
return case when accounts.is_account(p_side) then p_side = p_side::uuid::text
            else p_side ~ '^external:[A-Za-z0-9:._-]{1,64}$' end;

-- Whether a side is spelled as Postgres writes an id. That it is one between the hyphens too, the cast finds out.
create or replace function accounts.is_id(p_side text) returns boolean
language sql immutable
return p_side like '________-____-____-____-____________' and p_side = lower(p_side);

-- The id of an account that a resolved side names, null for all else.
create or replace function accounts.id_of(p_side text) returns uuid
language sql immutable
return case when length(p_side) = 36 and accounts.is_account(p_side) then p_side::uuid end;

create or replace function accounts.kind_of(p_source text, p_destination text) returns text
language sql immutable
return case when not accounts.is_account(p_source) then 'deposit'
            when not accounts.is_account(p_destination) then 'withdrawal'
            else 'transfer' end;

-- The account's id in place of a number; what no account has stays as it is.
create or replace function accounts.resolve(p_side text) returns text
language plpgsql stable as $$
begin
    if length(p_side) <> 10 then
        return p_side;
    end if;
    return coalesce((select a.id::text from accounts.account a where a.number = p_side), p_side);
end
$$;

-- Most calls name accounts by id: what looks numbers up is left out then.
create or replace function accounts.resolve_all(p_sides text[]) returns text[]
language sql stable as $$
select case when exists (select from unnest(p_sides) s (side) where length(s.side) = 10) then (
    select array_agg(coalesce(a.id::text, s.side) order by s.place)
    from unnest(p_sides) with ordinality s (side, place)
    left join accounts.account a on a.number = s.side and length(s.side) = 10)
else p_sides end;
$$;

create or replace function accounts.refuse_transfer() returns void
language plpgsql as $$
begin
    raise exception 'not a valid transfer'
        using errcode = 'integrity_constraint_violation', constraint = 'transfer_valid';
end
$$;

-- Raises unless each side is an account's id as Postgres writes it or an outside party.
create or replace function accounts.require_sides(p_source text, p_destination text) returns void
language plpgsql as $$
begin
    if not (accounts.is_side(p_source) and accounts.is_side(p_destination)) then
        perform accounts.refuse_transfer();
    end if;
end
$$;
