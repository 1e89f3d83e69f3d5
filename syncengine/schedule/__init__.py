"""Running unattended: what a timer runs, what it tells people and when, and the timers themselves.

Each kind of timer is a file (`cron`, `systemd`, `launchd`, `windows`, `github`) that turns a `Job` into that
timer's own words; `turn` is what they all run.
"""
