//! Metrics of this process, under the names that Prometheus' own clients use.

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::{Registry, register};

/// Registers the current metrics of this process; none on a system without `/proc`.
pub fn register_process(registry: &mut Registry) {
    if let Err(error) = read(registry) {
        tracing::debug!(%error, "cannot read the metrics of this process");
    }
}

#[cfg(target_os = "linux")]
fn read(registry: &mut Registry) -> procfs::ProcResult<()> {
    use procfs::WithCurrentSystemInfo;
    use procfs::process::{LimitValue, Process};

    let process = Process::myself()?;
    let stat = process.stat()?;
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    let max_files = match process.limits()?.max_open_files.soft_limit {
        LimitValue::Value(files) => files as f64,
        LimitValue::Unlimited => f64::INFINITY,
    };
    let cpu = ConstCounter::new(seconds(stat.utime + stat.stime));
    register(registry, "process_cpu_seconds_total", "CPU time used.", cpu);
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory in use.", stat.rss_bytes().get() as f64),
        ("process_virtual_memory_bytes", "Address space.", stat.vsize as f64),
        (
            "process_start_time_seconds",
            "Start time, in seconds since 1970.",
            procfs::boot_time_secs()? as f64 + seconds(stat.starttime),
        ),
        ("process_open_fds", "Open files and sockets.", process.fd_count()? as f64),
        ("process_max_fds", "The limit on open files and sockets.", max_files),
        ("process_threads", "Threads.", stat.num_threads as f64),
    ] {
        register(registry, name, help, ConstGauge::new(value));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn read(_: &mut Registry) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_a_start_time() {
        let mut registry = Registry::default();
        register_process(&mut registry);
        let mut page = String::new();
        prometheus_client::encoding::prometheus_text::encode(&mut page, &registry).unwrap();
        let value = |name: &str| -> f64 {
            page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()).expect(name)
        };
        assert!(value("process_resident_memory_bytes") > 1e6 && value("process_threads") >= 1.0, "{page}");
        assert!((3.0..=value("process_max_fds")).contains(&value("process_open_fds")), "{page}");
        assert!((0.0..3_600.0).contains(&value("process_cpu_seconds_total")), "{page}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((0.0..3_600.0).contains(&(now - value("process_start_time_seconds"))), "{page}");
    }
}
