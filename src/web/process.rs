//! What the kernel says of this process.

use std::fs;

/// Resident memory in bytes; absent where `/proc` does not say.
pub(super) fn resident_bytes() -> Option<u64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// How many files are open; absent where `/proc` does not say.
pub(super) fn open_files() -> Option<u64> {
    u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_understood() {
        assert_eq!(resident_in("Name:\tx\nVmRSS:\t   9216 kB\nVmData: 1 kB\n"), Some(9_437_184));
        assert_eq!(resident_in("Name:\tx\n"), None);
        assert!(resident_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(open_files().is_some_and(|files| files > 2));
    }
}
