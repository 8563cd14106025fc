"""The same people for everybody, and the tables that the bare and the tutorial ones keep them in."""

import sqlite3
import time
from pathlib import Path

MEMBERS = 5000
BRANCHES = 250
PEOPLE = [(n, f"u{n:05d}", f"党员{n:05d}", n % BRANCHES + 1) for n in range(1, MEMBERS + 1)]
TOPIC, PLACE = "重温入党誓词", "一楼会议室"
STARTED_AGO, LASTS = 300, 7200

SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE members (
    id INTEGER PRIMARY KEY, userid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    branch_id INTEGER NOT NULL);
CREATE TABLE activities (
    id INTEGER PRIMARY KEY, branch_id INTEGER NOT NULL, topic TEXT NOT NULL,
    place TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL);
CREATE INDEX activities_of_branch ON activities (branch_id, starts_at);
CREATE TABLE check_ins (
    message_id TEXT PRIMARY KEY, activity_id INTEGER NOT NULL REFERENCES activities (id),
    member_id INTEGER NOT NULL REFERENCES members (id), at INTEGER NOT NULL,
    UNIQUE (activity_id, member_id));
"""


def seed(database: Path) -> None:
    starts = int(time.time()) - STARTED_AGO
    connection = sqlite3.connect(database)
    connection.executescript(SCHEMA)
    connection.executemany("INSERT INTO members VALUES (?, ?, ?, ?)", PEOPLE)
    connection.executemany(
        "INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?)",
        [(n, n, TOPIC, PLACE, starts, starts + LASTS) for n in range(1, BRANCHES + 1)],
    )
    connection.commit()
    connection.close()
