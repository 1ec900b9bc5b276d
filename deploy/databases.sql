-- One database per service; run once, when the volume is new.
CREATE DATABASE directory;
CREATE DATABASE menu;
CREATE DATABASE forecast;
CREATE DATABASE waste;
CREATE DATABASE report;
