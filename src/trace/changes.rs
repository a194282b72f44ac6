//! The changes of variables in memory: the longest of the tables, and so kept in as few octets as most of them need.

use super::id::EventId;
use super::tables::VarRow;
use crate::probe::{Var, Vars};

/// Changed variables, in the order of their events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VarTable {
    /// The variables as their numbers: a search for one reads an octet a change.
    var: Vec<u8>,
    rows: Vec<Row>,
    /// The changes whose values do not fit into a row, by their rows' numbers.
    wide: Vec<(u32, i64, i64)>,
}

/// A change with its values as 32 bits, which nearly all have room in.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    old: u32,
    new: u32,
    event: EventId,
}

/// Stands in a row for [`Vars::UNSET`].
const UNSET: u32 = u32::MAX - 1;
/// Stands in a row whose values are among the wide ones.
const WIDE: u32 = u32::MAX;

fn narrow(value: i64) -> u32 {
    match u32::try_from(value) {
        Ok(value) if value < UNSET => value,
        _ if value == Vars::UNSET => UNSET,
        _ => WIDE,
    }
}

fn widen(value: u32) -> i64 {
    if value == UNSET { Vars::UNSET } else { value.into() }
}

impl VarTable {
    /// How many changes.
    pub fn len(&self) -> usize {
        self.var.len()
    }

    /// True for no changes.
    pub fn is_empty(&self) -> bool {
        self.var.is_empty()
    }

    /// A change.
    #[inline]
    pub fn get(&self, row: usize) -> Option<VarRow> {
        let var = *Var::ALL.get(usize::from(*self.var.get(row)?))?;
        let &Row { old, new, event } = self.rows.get(row)?;
        let (old, new) = match old == WIDE || new == WIDE {
            true => self.wide(row as u32)?,
            false => (widen(old), widen(new)),
        };
        Some(VarRow { old, new, event, var })
    }

    #[inline(never)]
    fn wide(&self, row: u32) -> Option<(i64, i64)> {
        let at = self.wide.partition_point(|wide| wide.0 < row);
        self.wide.get(at).map(|&(_, old, new)| (old, new))
    }

    /// The event of a change.
    #[inline]
    pub(super) fn event(&self, row: u32) -> Option<EventId> {
        self.rows.get(row as usize).map(|row| row.event)
    }

    /// All changes.
    pub fn iter(&self) -> impl Iterator<Item = VarRow> + '_ {
        (0..self.len()).filter_map(|row| self.get(row))
    }

    /// All changes of one variable, of whatever socket.
    pub fn of(&self, var: Var) -> impl Iterator<Item = VarRow> + '_ {
        memchr::memchr_iter(var as u8, &self.var).filter_map(|row| self.get(row))
    }

    #[inline]
    pub(super) fn push(&mut self, change: VarRow) {
        let VarRow { old, new, event, var } = change;
        let fits = |value: i64| (value as u64) < UNSET.into();
        self.var.push(var as u8);
        // Pushed here, a row is written where it lies: one that the other way returned would come by way of the stack.
        match fits(old) && fits(new) {
            true => self.rows.push(Row { old: old as u32, new: new as u32, event }),
            false => self.push_other(old, new, event),
        }
    }

    /// Of values that are not both small: not set, negative or wide.
    #[inline(never)]
    fn push_other(&mut self, old: i64, new: i64, event: EventId) {
        let row = Row { old: narrow(old), new: narrow(new), event };
        if row.old == WIDE || row.new == WIDE {
            self.wide.push((self.rows.len() as u32, old, new));
        }
        self.rows.push(row);
    }

    /// Room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.rows.reserve(more);
        self.var.reserve(more);
    }

    /// No more room than needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.var.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.var.capacity()
            + self.wide.capacity() * size_of::<(u32, i64, i64)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        let edge = i64::from(u32::MAX);
        let values = [0, 1, -1, edge - 2, edge - 1, edge, edge + 1, i64::MAX, Vars::UNSET, Vars::UNSET + 1];
        let mut table = VarTable::default();
        let told: Vec<VarRow> = (0_u32..)
            .zip(values.iter().flat_map(|&old| values.map(|new| (old, new))))
            .map(|(n, (old, new))| VarRow { old, new, event: EventId(n), var: Var::Rto })
            .collect();
        told.iter().for_each(|&row| table.push(row));
        assert_eq!(table.iter().collect::<Vec<_>>(), told);
    }
}
