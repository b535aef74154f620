//! What the system says of this process, as Linux tells it in `/proc`.

use std::fs::{read_dir, read_to_string};

/// Clock ticks a second in `/proc`, the same on all that Linux runs on today.
const TICKS: f64 = 100.0;

/// What the system says of this process; zero where it says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Process {
    /// Time on the cores, in seconds.
    pub cpu_seconds: f64,
    /// Memory in use, in bytes.
    pub resident_bytes: f64,
    /// Address space, in bytes.
    pub virtual_bytes: f64,
    /// When it began, in seconds since 1970.
    pub start_time: f64,
    /// Open files and sockets.
    pub open_files: f64,
    /// How many it may have.
    pub max_files: f64,
    /// Threads.
    pub threads: f64,
}

impl Process {
    /// How it stands now.
    pub fn now() -> Self {
        let file = |name: &str| read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let system = read_to_string("/proc/stat").unwrap_or_default();
        let open_files = read_dir("/proc/self/fd").map_or(0, Iterator::count) as f64;
        Self { open_files, ..read(&file("stat"), &file("status"), &file("limits"), &system) }
    }
}

fn read(stat: &str, status: &str, limits: &str, system: &str) -> Process {
    // Behind the name in brackets, which may hold anything.
    let fields: Vec<f64> = stat.rsplit_once(')').map_or_else(Vec::new, |(_, rest)| {
        rest.split_whitespace().skip(1).map(|field| field.parse().unwrap_or_default()).collect()
    });
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let after = |text: &str, name: &str, at: usize| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().nth(at)?.parse().ok()).unwrap_or_default()
    };
    Process {
        cpu_seconds: (field(10) + field(11)) / TICKS,
        threads: field(16),
        start_time: after(system, "btime", 0) + field(18) / TICKS,
        virtual_bytes: field(19),
        resident_bytes: after(status, "VmRSS:", 0) * 1_024.0,
        open_files: 0.0,
        max_files: after(limits, "Max open files", 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let stat =
            "42 (a) b) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 7 0 12345 8192000 300 18446744073709551615";
        let read =
            read(stat, "VmPeak:\t9 kB\nVmRSS:\t2048 kB\n", "Max open files  1024  4096  files\n", "btime 1000\n");
        let expected = Process {
            cpu_seconds: 2.0,
            resident_bytes: 2_097_152.0,
            virtual_bytes: 8_192_000.0,
            start_time: 1_123.45,
            open_files: 0.0,
            max_files: 1_024.0,
            threads: 7.0,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn this_process_has_memory_and_a_past() {
        let process = Process::now();
        assert!(process.resident_bytes > 1e6 && process.threads >= 1.0 && process.open_files >= 3.0, "{process:?}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((0.0..3_600.0).contains(&(now - process.start_time)), "{process:?}");
    }
}
