//! What the system says of this process: processor time and memory.

/// Processor time of this process: user and system, in hundredths of a second; where only the main thread works, the
/// scheduler's count, in billionths.
pub fn cpu_seconds() -> f64 {
    let fields = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let stat = fields("/proc/self/stat");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    let precise = fields("/proc/self/schedstat");
    let precise = precise.split_whitespace().next();
    let precise: f64 = precise.and_then(|field| field.parse().ok()).unwrap_or(0.0);
    (ticks / 100.0).max(precise / 1e9)
}

pub fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
