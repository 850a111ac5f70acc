-- A period opens with the balance that the one before it closed with, and goes on with the next transaction.
with touched as (
    select account_id, min(period_start) as first_start, max(period_start) as last_start
    from marts.stats_{type}
    where batch_id > %(since)s
    group by account_id
)

select
    touched.account_id,
    '{type} ' || this.period_start as place,
    format(
        'opens at %%s with transaction %%s; the next at %%s with %%s',
        coalesce(this.earlier_balance, 0), coalesce(this.earlier_sequence, 0) + 1,
        this.closing_balance, this.last_sequence + 1
    ) as expected,
    format(
        'opens at %%s with transaction %%s; the next at %%s with %%s',
        this.opening_balance, this.first_sequence,
        coalesce(this.later_balance, this.closing_balance), coalesce(this.later_sequence, this.last_sequence + 1)
    ) as found,
    this.opening_balance = coalesce(this.earlier_balance, 0)
    and this.first_sequence = coalesce(this.earlier_sequence, 0) + 1
    and (this.later_balance is null or this.later_balance = this.closing_balance)
    and (this.later_sequence is null or this.later_sequence = this.last_sequence + 1) as holds
from touched
-- One index range for each account, from the period before its first touched one to the period after its last.
cross join lateral (
    select
        mart.batch_id,
        mart.period_start,
        mart.opening_balance,
        mart.closing_balance,
        mart.first_sequence,
        mart.last_sequence,
        lag(mart.closing_balance) over history as earlier_balance,
        lag(mart.last_sequence) over history as earlier_sequence,
        lead(mart.opening_balance) over history as later_balance,
        lead(mart.first_sequence) over history as later_sequence
    from marts.stats_{type} as mart
    where
        mart.account_id = touched.account_id
        and mart.period_start >= coalesce(
            (
                select max(other.period_start) from marts.stats_{type} as other
                where other.account_id = touched.account_id and other.period_start < touched.first_start
            ),
            touched.first_start
        )
        and mart.period_start <= coalesce(
            (
                select min(other.period_start) from marts.stats_{type} as other
                where other.account_id = touched.account_id and other.period_start > touched.last_start
            ),
            touched.last_start
        )
    window history as (order by mart.period_start)
) as this
where this.batch_id > %(since)s
