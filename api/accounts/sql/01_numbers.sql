-- Account numbers: ten digits, the last of them a check digit.

-- The check digit of Damm's quasigroup finds every wrong digit and every swap of neighbours.
-- H. Michael Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004; the table is the one of order 10 there.
create or replace function accounts.damm_digit(p_digits text) returns integer
language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
declare
    c_rows constant text[] := array['0317598642', '7092154863', '4206871359', '1750983426', '6123045978',
                                    '3674209581', '5869720134', '8945362017', '9438617205', '2581436790'];
    v_row integer := 0;
begin
    for i in 1 .. length(p_digits) loop
        v_row := substr(c_rows[v_row + 1], substr(p_digits, i, 1)::integer + 1, 1)::integer;
    end loop;
    return v_row;
end
$$;

create or replace function accounts.is_account_number(p_number text) returns boolean
language sql immutable strict parallel safe
return case when p_number ~ '^[1-9][0-9]{9}$' then accounts.damm_digit(p_number) = 0 else false end;

create or replace function accounts.new_number() returns text
language plpgsql volatile as $$
declare
    v_digits text;
    v_number text;
begin
    loop
        v_digits := random(100000000, 999999999)::text;
        v_number := v_digits || accounts.damm_digit(v_digits);
        if not exists (select from accounts.account where number = v_number) then
            return v_number;
        end if;
    end loop;
end
$$;
