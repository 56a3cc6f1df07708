"""Tests of the METRC client, against bytes and a scripted host on the loopback."""
